interface Row {
  readonly wakes: number;
}

/**
 * Rows as they go into inputs, in order: what people said together, each task by itself. Context goes with the next thing a
 * person woke the group with; what no such thing follows is left `over`, to wait on.
 */
export function cutInBatches<R extends Row>(
  rows: readonly R[],
  isTask: (row: R) => boolean,
): { batches: R[][]; over: R[] } {
  const batches: R[][] = [];
  let said: R[] = [];
  const flush = () => {
    if (!said.some((row) => row.wakes === 1)) return;
    batches.push(said);
    said = [];
  };
  for (const row of rows) {
    if (!isTask(row)) {
      said.push(row);
      continue;
    }
    flush();
    batches.push([row]);
  }
  flush();
  return { batches, over: said };
}
