import { type Family, rowOf } from '../row.ts';
import { plain, script } from '../script.ts';
import { TimedHouse } from '../timed-house.ts';

/** What the model is sent for the first message of a new conversation. It has no floor: the target is a number. */
export const family: Family = {
  rows: ['model request bytes', 'model requests of a plain turn'],
  async *run() {
    await using ours = await TimedHouse.open('local', { script });
    await ours.ask(plain);
    const { asked } = ours.model;
    yield rowOf('model request bytes', { unit: 'bytes', ours: asked.map((one) => one.bytes) });
    yield rowOf('model requests of a plain turn', { unit: 'requests', ours: [asked.length] });
  },
};
