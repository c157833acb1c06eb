import { expect, test } from 'vitest';
import { encodeFrame, frameEnd, frameStart } from '../../protocol/frames.ts';
import { FrameReader } from './frame-reader.ts';

test('frames are found among log lines, however the bytes are cut', () => {
  const output = Buffer.from(
    `before\n${encodeFrame({ type: 'ack', input: 'é' })}between\n${encodeFrame({ type: 'bell' })}`,
  );
  for (let size = 1; size < output.length; size += 7) {
    const reader = new FrameReader();
    const found = [];
    for (let at = 0; at < output.length; at += size) found.push(...reader.push(output.subarray(at, at + size)));
    expect(found.map((one) => (one.type === 'frame' ? one.frame.type : one.type))).toEqual([
      'log',
      'ack',
      'log',
      'bell',
    ]);
  }
});

test('v1’s frames without a type are understood', () => {
  const [output] = new FrameReader().push(
    Buffer.from(`${frameStart}\n{"status":"success","result":"hi","newSessionId":"s"}\n${frameEnd}\n`),
  );
  expect(output).toEqual({ type: 'frame', frame: { status: 'success', result: 'hi', newSessionId: 's' } });
});

test('what is no frame is reported and the next frame is still found', () => {
  const reader = new FrameReader();
  const outputs = reader.push(
    Buffer.from(
      `${frameStart}\n{nonsense\n${frameEnd}\n${frameStart}\none\ntwo\nlog\n${encodeFrame({ type: 'bell' })}`,
    ),
  );
  expect(outputs.map((one) => one.type)).toEqual(['bad-frame', 'bad-frame', 'log', 'frame']);
});

test('output that never ends a line is dropped, not kept', () => {
  const reader = new FrameReader();
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  const outputs = [];
  for (let n = 0; n < 20; n++) outputs.push(...reader.push(megabyte));
  expect(outputs.map((one) => one.type)).toEqual(['bad-frame']);
  expect(reader.push(Buffer.from(`\n${encodeFrame({ type: 'bell' })}`)).map((one) => one.type)).toEqual(['frame']);
});
