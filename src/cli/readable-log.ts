import { z } from 'zod';
import { plainText } from '../text/plain.ts';

const entry = z.object({ level: z.number(), time: z.string(), msg: z.string().default('') }).loose();

/** A line of the log for a person: time of day, level, what happened, and the rest as `name=value`. */
export function readableLog(line: string): string {
  const parsed = entry.safeParse(JSON.parse(line));
  if (!parsed.success) return plainText(line.trimEnd());
  const { level, time, msg, ...rest } = parsed.data;
  const more = Object.entries(rest).map(([name, value]) => `${name}=${worded(value)}`);
  return plainText([time.slice(11, 19), levelName(level), msg, ...more].join(' '));
}

/** pino's numbers. */
function levelName(level: number): string {
  if (level >= 50) return 'ERROR';
  if (level >= 40) return 'WARN ';
  return level >= 30 ? 'info ' : 'debug';
}

function worded(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
