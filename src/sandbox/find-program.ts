import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable file of that name in a PATH, or undefined. */
export function findProgram(searchPath: string, name: string): string | undefined {
  const places = searchPath.split(delimiter).filter((directory) => directory.startsWith('/'));
  return places.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Absent, or not for us: the same to who looks for a program.
    return false;
  }
}
