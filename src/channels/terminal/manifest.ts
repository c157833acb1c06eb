import { z } from 'zod';
import type { ChannelManifest } from '../manifest.ts';

export const manifest: ChannelManifest = {
  name: 'terminal',
  settings: z.object({}),
  needs: [],
  chatOf: (jid) => /^terminal:(.+)$/.exec(jid)?.[1],
};
