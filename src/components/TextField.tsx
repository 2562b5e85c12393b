import React, { useState } from 'react';
import { Input } from '@grafana/ui';

interface Props {
  id: string;
  value: string;
  placeholder?: string;
  /** In Grafana's units of 8 pixels. */
  width?: number;
  onCommit: (value: string) => void;
}

/** A line of text that takes effect on Enter or when the field is left, not with every key. */
export function TextField({ id, value, placeholder, width, onCommit }: Props) {
  const [draft, setDraft] = useState<string>();
  const commit = () => {
    if (draft !== undefined && draft !== value) {
      onCommit(draft);
    }
    setDraft(undefined);
  };
  return (
    <Input
      id={id}
      width={width}
      value={draft ?? value}
      placeholder={placeholder}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
