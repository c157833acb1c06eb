interface Row {
  readonly wakes: number;
}

/**
 * Which of a place's waiting rows (oldest first, the last one waking) go into one prompt of at most `limit` messages.
 * Every waking row up to the cut is taken; the newest context fills the rest; older context is `omitted` (the prompt
 * counts it). Waking rows beyond the limit, and what follows them, wait for the next turn.
 */
export function chooseRows<R extends Row>(rows: readonly R[], limit: number): { taken: R[]; omitted: R[] } {
  let waking = 0;
  let end = 0;
  for (const [index, row] of rows.entries()) {
    if (row.wakes === 0) continue;
    if (waking === limit) break;
    waking += 1;
    end = index + 1;
  }
  const within = rows.slice(0, end);
  let room = limit - waking;
  const taken = new Set<R>();
  for (const row of [...within].reverse()) {
    if (row.wakes === 1) taken.add(row);
    else if (room > 0) {
      taken.add(row);
      room -= 1;
    }
  }
  return { taken: within.filter((row) => taken.has(row)), omitted: within.filter((row) => !taken.has(row)) };
}
