import React, { useId } from 'react';
import type { QueryEditorProps } from '@grafana/data';
import { EditorRow, EditorRows } from '@grafana/plugin-ui';
import type { TcpDataSource } from '../datasource';
import type { TcpOptions, TcpQuery } from '../types';
import { readVariableQuery } from '../variables';
import { useFields } from './useFields';
import { ValuesFields } from './ValuesFields';

/** Edits the query of a dashboard variable: the values of one field. */
export function VariableEditor({ datasource, query, onChange }: QueryEditorProps<TcpDataSource, TcpQuery, TcpOptions>) {
  const prefix = useId();
  const { fields } = useFields(datasource);
  const current = readVariableQuery(query ?? '');
  return (
    <EditorRows>
      <EditorRow>
        <ValuesFields
          prefix={prefix}
          fields={fields}
          query={current}
          onChange={(change) => onChange({ ...current, ...change })}
        />
      </EditorRow>
    </EditorRows>
  );
}
