import React from 'react';
import { EditorField } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';
import { describeField } from '../query/catalogue';
import type { FieldInfo, TcpQuery } from '../types';
import { TextField } from './TextField';

interface Props {
  prefix: string;
  fields: FieldInfo[];
  query: TcpQuery;
  onChange: (change: Pick<TcpQuery, 'field' | 'search'>) => void;
}

/** Fields whose values can be listed: what groups rows, and what describes a connection by a word. */
const listable = ({ kind, type, rows }: FieldInfo) =>
  (kind === 'dimension' && rows !== 'feed') || (kind === 'attribute' && type === 'string');

/** Which field's values are asked for. */
export function ValuesFields({ prefix, fields, query, onChange }: Props) {
  const known = fields.filter(listable).map((field) => ({
    value: field.name,
    label: field.name,
    description: describeField(field),
  }));
  const isKnown = !query.field || known.some(({ value }) => value === query.field);
  const options = isKnown ? known : [{ value: query.field ?? '', label: query.field ?? '' }, ...known];
  return (
    <>
      <EditorField label="Field" width={30}>
        <Combobox
          id={`${prefix}field`}
          options={options}
          value={query.field ?? null}
          placeholder="Choose a field"
          createCustomValue
          onChange={({ value }) => onChange({ field: value })}
        />
      </EditorField>
      <EditorField label="Containing" optional>
        <TextField
          id={`${prefix}search`}
          width={24}
          value={query.search ?? ''}
          placeholder="Part of a value"
          onCommit={(search) => onChange({ search: search || undefined })}
        />
      </EditorField>
    </>
  );
}
