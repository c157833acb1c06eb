import type { Row } from './row.ts';

/** What the project has set itself for a row. Printed beside it; nothing fails by it. */
export interface Target {
  /** Beginning of the names of the rows it is for. */
  readonly of: string;
  readonly says: string;
  readonly met: (row: Row) => boolean;
}

const p50 = (limit: number) => (row: Row) => row.p50 <= limit;
const ratio = (limit: number) => (row: Row) => row.ratio !== null && row.ratio <= limit;

const targets: readonly Target[] = [
  {
    of: 'warm answer over Telegram',
    says: 'p50 ≤ 80, p95 ≤ 160 ms',
    met: (row) => row.p50 <= 80 && row.p95 <= 160,
  },
  { of: 'warm answer, our own share', says: 'p50 ≤ 25 ms', met: p50(25) },
  { of: 'typing shown', says: '≤ 100 ms', met: p50(100) },
  { of: 'cold answer', says: '≤ 1.3 × floor', met: ratio(1.3) },
  { of: 'prewarmed first message', says: '≤ 300 ms', met: p50(300) },
  { of: 'host start → channels polling', says: '≤ 230 ms', met: p50(230) },
  { of: 'resident memory with Telegram', says: '≤ 85 MB', met: p50(85) },
  { of: 'resident memory over 10 000 turns', says: 'flat: ≤ 1.05 × after 1 000', met: ratio(1.05) },
  { of: 'idle CPU', says: '≤ 0.5 %', met: p50(0.5) },
  { of: 'own message', says: 'p50 ≤ 15 ms', met: p50(15) },
  { of: 'tool round trip', says: 'p50 ≤ 15 ms', met: p50(15) },
  { of: 'model request bytes', says: '≤ 60 KB', met: p50(60_000) },
  { of: 'model requests of a plain turn', says: '1', met: p50(1) },
  { of: 'twenty chats at once', says: '≤ 1.3 × floor', met: ratio(1.3) },
  { of: 'stored messages per second', says: '≥ 3 000', met: (row) => row.p50 >= 3_000 },
  { of: 'due look-up of a million', says: 'p99 ≤ 5 ms', met: (row) => (row.p99 ?? row.p95) <= 5 },
  { of: 'due-task look-up', says: 'p99 ≤ 5 ms', met: (row) => (row.p99 ?? row.p95) <= 5 },
  { of: 'claim of a million', says: 'p99 ≤ 5 ms', met: (row) => (row.p99 ?? row.p95) <= 5 },
  { of: 'search over 1 000 000 messages', says: 'p95 ≤ 50 ms', met: (row) => row.p95 <= 50 },
  { of: 'image size', says: '≤ 1.5 GB', met: p50(1.5) },
  { of: 'image rebuild', says: '≤ 15 s', met: p50(15) },
];

export function targetOf(row: Row): { says: string; met: boolean } | undefined {
  const target = targets.find(({ of }) => row.name.startsWith(of));
  return target && { says: target.says, met: target.met(row) };
}
