import { describe, expect, it } from 'vitest';
import type { Egress } from '../../model/group.ts';
import type { Network } from './network.ts';
import { parseAllow, vet } from './vet.ts';

/** Answers each question about a name with the next of its lists, and counts the questions. */
function world(names: Record<string, string[][]>, local: string[] = []) {
  const asked: string[] = [];
  const network: Network = {
    resolve(hostname) {
      asked.push(hostname);
      const answers = names[hostname] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(answer);
    },
    connect: () => new Promise(() => undefined),
    local: () => local,
  };
  return { network, asked };
}

function rules(egress: Egress, ...allow: string[]) {
  return { group: 'team', egress, allow: parseAllow(allow).allow };
}

describe('what a group may reach', () => {
  it('is an address that was checked, asked for once: a name that changes its mind changes nothing', async () => {
    const { network, asked } = world({ 'rebind.test': [['93.184.216.34'], ['127.0.0.1']] });
    const verdict = await vet({ host: 'rebind.test', port: 443 }, rules('open-public'), network);
    expect(verdict).toEqual({ type: 'reach', addresses: ['93.184.216.34'] });
    expect(asked).toEqual(['rebind.test']);
    expect(await vet({ host: 'rebind.test', port: 443 }, rules('open-public'), network)).toMatchObject({ status: 403 });
  });

  it('is the public part of a name that is both', async () => {
    const { network } = world({ 'both.test': [['10.0.0.1', '93.184.216.34', '::1', 'fe80::1%lo', 'nonsense']] });
    const verdict = await vet({ host: 'both.test', port: 80 }, rules('open-public'), network);
    expect(verdict).toEqual({ type: 'reach', addresses: ['93.184.216.34'] });
  });

  it("is nothing in the machine's own networks", async () => {
    const { network } = world({ 'myself.test': [['93.184.216.34']] }, ['93.184.216.1/24']);
    expect(await vet({ host: 'myself.test', port: 80 }, rules('open-public'), network)).toMatchObject({ status: 403 });
  });

  it.each([21, 22, 25, 79, 81, 8080, 6379])('is nothing on port %i', async (port) => {
    const { network, asked } = world({ 'site.test': [['93.184.216.34']] });
    expect(await vet({ host: 'site.test', port }, rules('open-public'), network)).toMatchObject({ status: 403 });
    expect(asked).toEqual([]);
  });

  it.each(['llm-only', 'allowlist'] as const)(
    'is not even looked up for %s: names would carry words out',
    async (egress) => {
      const { network, asked } = world({});
      expect(await vet({ host: 'secret.evil.test', port: 443 }, rules(egress), network)).toMatchObject({ status: 403 });
      expect(asked).toEqual([]);
    },
  );

  it('is what the owner allows, by exactly that name and port', async () => {
    const { network } = world({ 'nas.home': [['192.168.1.5']], 'alias.home': [['192.168.1.5']] });
    const allowed = rules('llm-only', 'NAS.home:8443', '[::1]:9000', '127.0.0.1:80');
    const ask = (host: string, port: number) => vet({ host, port }, allowed, network);
    expect(await ask('nas.home', 8443)).toEqual({ type: 'reach', addresses: ['192.168.1.5'] });
    expect(await ask('::1', 9000)).toEqual({ type: 'reach', addresses: ['::1'] });
    expect(await ask('127.0.0.1', 80)).toEqual({ type: 'reach', addresses: ['127.0.0.1'] });
    expect(await ask('nas.home', 443)).toMatchObject({ type: 'refuse' });
    expect(await ask('192.168.1.5', 8443)).toMatchObject({ type: 'refuse' });
    expect(await ask('alias.home', 8443)).toMatchObject({ type: 'refuse' });
  });

  it('is said to be unknown when nobody knows the name', async () => {
    const { network } = world({});
    expect(await vet({ host: 'nowhere.test', port: 443 }, rules('open-public'), network)).toMatchObject({
      status: 502,
    });
  });

  it('names the allow entries that open nothing', () => {
    expect(parseAllow(['a.test:80', 'b.test', 'http://c.test:80'])).toMatchObject({
      unreadable: ['b.test', 'http://c.test:80'],
    });
  });
});
