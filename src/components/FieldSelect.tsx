import React from 'react';
import { MultiCombobox } from '@grafana/ui';
import { describeField } from '../query/catalogue';
import type { FieldInfo } from '../types';

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
    <>
      {/* Grafana 12 gives the input no id, so that the field's own label does not reach it. */}
      <span id={`${id}-name`} hidden>
        {label}
      </span>
      <MultiCombobox
        id={id}
        aria-labelledby={`${id}-name`}
        options={[...others.map((name) => ({ value: name, label: name })), ...known]}
        value={value}
        loading={loading}
        placeholder={placeholder}
        createCustomValue
        isClearable
        onChange={(chosen) => onChange(chosen.map((option) => option.value))}
      />
    </>
  );
}
