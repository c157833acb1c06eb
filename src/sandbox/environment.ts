/** Where things are inside every sandbox, whatever runs it. */
export const insideHome = '/home/node';
export const workingDirectory = '/workspace/group';
const relay = 'http://127.0.0.1:3128';
const direct = '127.0.0.1,localhost,::1';

export interface EnvironmentOptions {
  /** IANA zone. */
  readonly timeZone: string;
  /** The gateway's own share: base URL, placeholder credential. */
  readonly gateway: Readonly<Record<string, string>>;
}

/** The whole environment of a run. Both cases of the proxy variables: curl reads only the lower, other tools differ. */
export function runEnvironment({ timeZone, gateway }: EnvironmentOptions): Record<string, string> {
  return {
    HOME: insideHome,
    CLAUDE_CONFIG_DIR: `${insideHome}/.claude`,
    // /opt/bin is where `local` puts the host's own Node; in an image it is absent.
    PATH: '/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    TZ: timeZone,
    ...bothCases({ HTTP_PROXY: relay, HTTPS_PROXY: relay, FTP_PROXY: relay, ALL_PROXY: relay, NO_PROXY: direct }),
    NODE_USE_ENV_PROXY: '1',
    ...gateway,
  };
}

// FTP and ALL are named although nothing needs them: a docker client configured with proxies of its own fills in, in each
// container, exactly those that are absent, and such an address can hold a password of the owner.
function bothCases(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => [
      [name, value],
      [name.toLowerCase(), value],
    ]),
  );
}
