import React from 'react';
import type { Omission } from '../types';
import { NamedMultiCombobox } from './NamedMultiCombobox';

export const leaveOutHelp =
  'What is not counted. Which conversations these are, a notice of the answer says; scans and services are shown by the kind ' +
  '"Findings", minutes of poor captures by the dashboard "Capture health".';

const options: Array<{ label: string; value: Omission; description: string }> = [
  {
    label: 'Poor captures',
    value: 'poor-captures',
    description:
      'Minutes in which a capture showed too little for verdicts: packets were dropped, or one direction was missing',
  },
  {
    label: 'Scans',
    value: 'scans',
    description: 'Conversations of clients that tried many ports of a host, or a port of many hosts, in vain',
  },
  {
    label: 'RST on purpose',
    value: 'rst-by-design',
    description: 'Services whose complete connections end by RST, as they did on the day before',
  },
];

interface Props {
  id: string;
  value: Omission[];
  onChange: (value: Omission[]) => void;
}

/** What an answer does not count. */
export function LeaveOutField({ id, value, onChange }: Props) {
  return (
    <NamedMultiCombobox<Omission>
      id={id}
      label="Leave out"
      options={options}
      value={value}
      placeholder="Nothing"
      grows
      onChange={onChange}
    />
  );
}
