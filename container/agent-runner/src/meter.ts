import type { Usage } from '../../../protocol/mailbox.ts';
import type { SdkResult } from './sdk-events.ts';

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
    const models = Object.values(result.model_usage_since_last_result ?? {});
    if (models.length === 0) {
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
      inputTokens: sum(models.map((model) => model.inputTokens)),
      outputTokens: sum(models.map((model) => model.outputTokens)),
      cacheReadTokens: sum(models.map((model) => model.cacheReadInputTokens)),
      cacheWriteTokens: sum(models.map((model) => model.cacheCreationInputTokens)),
      costUsd: sum(models.map((model) => model.costUSD)),
    };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
