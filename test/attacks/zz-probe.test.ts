import { test } from 'vitest';
import { StrainedHost } from './strained-host.ts';

const attacks = {
  'start no end': `await out(start); const lines = ('x'.repeat(1023) + '\\n').repeat(1024); for (let i = 0; i < 200; i++) await out(lines);`,
  'endless line out': `const mb = Buffer.alloc(1048576, 'x'); for (let i = 0; i < 300; i++) await out(mb); await out('\\n');`,
  'endless line err': `const mb = Buffer.alloc(1048576, 'x'); for (let i = 0; i < 300; i++) await err(mb); await err('\\n');`,
  '10 MB frames': `const f = frame({ type: 'partial', turnId: 'x', text: 'y'.repeat(10 * 1048576) }); for (let i = 0; i < 30; i++) await out(f);`,
  '7.9 MB frames': `const f = frame({ type: 'partial', turnId: 'x', text: 'y'.repeat(7.9 * 1048576) }); for (let i = 0; i < 30; i++) await out(f);`,
  bells: `const f = frame({ type: 'bell' }).repeat(1000); for (let i = 0; i < 20; i++) await out(f);`,
  'bad frames': `const f = frame('{').repeat(1000); for (let i = 0; i < 20; i++) await out(f);`,
  'newlines err': `const f = '\\n'.repeat(1e6); for (let i = 0; i < 10; i++) await err(f);`,
  'short lines out': `const f = 'a\\n'.repeat(5e5); for (let i = 0; i < 10; i++) await out(f);`,
  'wrong answers file': `put('results', 'a.json', '{"turnId":"x","ordinal":1,"status":"ok","result":"r","answers":[' + '1,'.repeat(2e6) + '1]}');await out(frame({type:'bell'}));`,
  'wrong answers frame': `await out(frame('{"type":"result","turnId":"x","ordinal":1,"status":"ok","result":"r","answers":[' + '1,'.repeat(2e6) + '1]}'));`,
  'million answers': `const i = input(); put('results', 'b.json', JSON.stringify({turnId:i.turnId,ordinal:1,status:'ok',result:'r',answers:Array(1.2e6).fill('')}));await out(frame({type:'bell'}));`,
};
test('probe', async () => {
  await using host = await StrainedHost.open();
  console.log('patience', host.patienceMs);
  for (const [name, body] of Object.entries(attacks)) {
    const t = performance.now();
    try {
      console.log(name, JSON.stringify(await host.endure(body)), Math.round(performance.now() - t));
    } catch (e) {
      console.log(name, 'FAILED', String(e).slice(0, 200), Math.round(performance.now() - t));
    }
  }
}, 600000);
