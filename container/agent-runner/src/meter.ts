import type { Usage } from '../../../protocol/mailbox.ts';
import type { SdkResult } from './sdk-events.ts';

type Figures = Omit<Usage, 'models'>;

/** What one result cost. The SDK's running total begins with the whole session, earlier runs included. */
export class Meter {
  #total: number | undefined;

  /** `resumed`: the first total already holds what earlier runs cost. */
  constructor(resumed: boolean) {
    this.#total = resumed ? undefined : 0;
  }

  take(result: SdkResult): Usage {
    const before = this.#total ?? result.total_cost_usd;
    this.#total = result.total_cost_usd;
    const models = figuresByModel(result);
    const figures = Object.values(models);
    if (figures.length === 0) {
      return {
        inputTokens: result.usage?.input_tokens ?? 0,
        outputTokens: result.usage?.output_tokens ?? 0,
        cacheReadTokens: result.usage?.cache_read_input_tokens ?? 0,
        cacheWriteTokens: result.usage?.cache_creation_input_tokens ?? 0,
        // /clear sets the total back.
        costUsd: Math.max(0, result.total_cost_usd - before),
      };
    }
    return {
      inputTokens: sum(figures.map((one) => one.inputTokens)),
      outputTokens: sum(figures.map((one) => one.outputTokens)),
      cacheReadTokens: sum(figures.map((one) => one.cacheReadTokens)),
      cacheWriteTokens: sum(figures.map((one) => one.cacheWriteTokens)),
      costUsd: sum(figures.map((one) => one.costUsd)),
      models,
    };
  }
}

function figuresByModel(result: SdkResult): Record<string, Figures> {
  const models: Record<string, Figures> = {};
  for (const [name, used] of Object.entries(result.model_usage_since_last_result ?? {})) {
    models[name] = {
      inputTokens: used.inputTokens,
      outputTokens: used.outputTokens,
      cacheReadTokens: used.cacheReadInputTokens,
      cacheWriteTokens: used.cacheCreationInputTokens,
      costUsd: used.costUSD,
    };
  }
  return models;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
