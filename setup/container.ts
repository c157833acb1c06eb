import { readConfig } from '../src/config.ts';
import { NanoclawError, sentenceOf } from '../src/model/errors.ts';
import { runtimeNames } from '../src/sandbox/sandbox.ts';
