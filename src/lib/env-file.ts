import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { NanoclawError, systemCode } from '../model/errors.ts';

/** The variables of a `.env` file that have a value; none where there is no file. Throws `config.invalid` when it cannot be read. */
export function readEnvFile(path: string): Record<string, string> {
  try {
    const found: Record<string, string> = {};
    for (const [name, value] of Object.entries(parseEnv(readFileSync(path, 'utf8')))) if (value) found[name] = value;
    return found;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {};
    throw new NanoclawError('config.invalid', `${path} cannot be read: ${systemCode(error)}.`, {
      cure: 'Make it a text file that this user may read.',
      cause: error,
    });
  }
}
