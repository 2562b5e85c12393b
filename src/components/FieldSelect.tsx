import React from 'react';
import { describeField } from '../query/catalogue';
import type { FieldInfo } from '../types';
import { NamedMultiCombobox } from './NamedMultiCombobox';

interface Props {
  id: string;
  label: string;
  fields: FieldInfo[];
  loading: boolean;
  value: string[];
  placeholder: string;
  onChange: (names: string[]) => void;
}

/** Several fields of the catalogue by name, each with its meaning and unit. Any other name or a variable can be typed. */
export function FieldSelect({ id, label, fields, loading, value, placeholder, onChange }: Props) {
  const known = fields.map((field) => ({ value: field.name, label: field.name, description: describeField(field) }));
  const others = value.filter((name) => !fields.some((field) => field.name === name));
  return (
    <NamedMultiCombobox
      id={id}
      label={label}
      options={[...others.map((name) => ({ value: name, label: name })), ...known]}
      value={value}
      loading={loading}
      placeholder={placeholder}
      createCustomValue
      onChange={onChange}
    />
  );
}
