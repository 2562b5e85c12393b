import React from 'react';
import { InlineField, SecretInput } from '@grafana/ui';

interface Props {
  configured: boolean;
  value: string;
  readOnly: boolean;
  onChange: (token: string) => void;
  onReset: () => void;
}

/** The analyzer's API token. It is stored encrypted and never comes back to the browser. */
export function TokenInput({ configured, value, readOnly, onChange, onReset }: Props) {
  return (
    <InlineField
      htmlFor="tcp-token"
      label="Token"
      labelWidth={24}
      grow
      required
      disabled={readOnly}
      tooltip="Sent as a bearer token. The analyzer lists its tokens in its configuration under api.tokens"
    >
      <SecretInput
        id="tcp-token"
        isConfigured={configured}
        value={value}
        placeholder="Token"
        onChange={(event) => onChange(event.currentTarget.value)}
        onReset={onReset}
      />
    </InlineField>
  );
}
