import React from 'react';
import { RadioButtonGroup } from '@grafana/ui';
import type { Scope } from '../types';

export const scopeHelp =
  'Flows: each conversation is summed over the whole time range, and the filter decides which conversations count. ' +
  'Rows: everything is grouped first, and the filter decides which groups are shown. ' +
  'A client with 99 clean conversations and one that was only reset matches "rst.count > 0 and fin.count = 0" by flows ' +
  '(with that one conversation), and not by rows, because its FIN add up to more than 0.';

const options = [
  { label: 'Flows', value: 'flows' as const, description: 'Filter conversations, then group' },
  { label: 'Rows', value: 'rows' as const, description: 'Group, then filter the groups' },
];

/** What the filter applies to. */
export function ScopeField({ value, onChange }: { value: Scope; onChange: (scope: Scope) => void }) {
  return <RadioButtonGroup aria-label="Filter applies to" options={options} value={value} onChange={onChange} />;
}
