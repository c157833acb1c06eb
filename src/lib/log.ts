import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON object per line into `destination`. Error fields are `err`. */
export function createLog(level: LogLevel, destination: DestinationStream): Log {
  const printable = { write: (line: string) => destination.write(escaped(line)) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, printable);
}

// JSON leaves these as they are, and some terminals obey them.
function escaped(line: string): string {
  return line.replace(/[\u007f-\u009f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
