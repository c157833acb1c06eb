export type Variables = Readonly<Record<string, string>>;

/** Those of an environment whose names match, and that are not empty. */
export function pickVariables(environment: NodeJS.ProcessEnv, names: RegExp): Variables {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value && names.test(name) ? [[name, value]] : [])),
  );
}
