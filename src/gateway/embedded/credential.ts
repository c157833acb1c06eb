import type { OutgoingHttpHeaders } from 'node:http';
import type { Secret } from '../../lib/secret.ts';

export interface Credential {
  readonly kind: 'api-key' | 'oauth' | 'auth-token';
  readonly value: Secret;
}

const variables = {
  'api-key': 'ANTHROPIC_API_KEY',
  oauth: 'CLAUDE_CODE_OAUTH_TOKEN',
  'auth-token': 'ANTHROPIC_AUTH_TOKEN',
} as const;

/** The setting a credential of this kind comes from; inside a sandbox the same variable holds the placeholder. */
export function variableOf(kind: Credential['kind']): string {
  return variables[kind];
}

/** The headers with the credential in the one place where it belongs, whatever the client sent in its stead. */
export function withCredential(headers: OutgoingHttpHeaders, credential: Credential): OutgoingHttpHeaders {
  const { 'x-api-key': _key, authorization: _authorization, ...rest } = headers;
  const value = credential.value.open();
  switch (credential.kind) {
    case 'api-key':
      return { ...rest, 'x-api-key': value };
    case 'oauth':
    case 'auth-token':
      return { ...rest, authorization: `Bearer ${value}` };
  }
}
