import React, { useId, useRef } from 'react';
import { css } from '@emotion/css';
import { CoreApp, type GrafanaTheme2, type QueryEditorProps } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert, Combobox, useStyles2 } from '@grafana/ui';
import type { TcpDataSource } from '../datasource';
import { usesVariables } from '../query/apply';
import { columnsOf, feedMetricsOf, groupsOf, kinds, metricsOf, orderFields } from '../query/kinds';
import { changeKind, changeNames, choicesOf, complete, isRunnable, type Choices } from '../query/model';
import { queryKinds, type QueryKind, type TcpOptions, type TcpQuery } from '../types';
import { AdHocChips } from './AdHocChips';
import { FieldSelect } from './FieldSelect';
import { FilterField } from './FilterField';
import { LeaveOutField, leaveOutHelp } from './LeaveOutField';
import { OrderField } from './OrderField';
import { ScopeField, scopeHelp } from './ScopeField';
import { TextField } from './TextField';
import { useFields } from './useFields';
import { ValuesFields } from './ValuesFields';

type Props = QueryEditorProps<TcpDataSource, TcpQuery, TcpOptions>;

const kindOptions = queryKinds.map((kind) => ({
  value: kind,
  label: kinds[kind].label,
  description: kinds[kind].description,
}));

/** Edits one query. Every control writes the flat query model, and shows only where the kind of query has a use for it. */
export function QueryEditor({ app, datasource, query: saved, onChange, onRunQuery }: Props) {
  const styles = useStyles2(getStyles);
  const prefix = useId();
  const { fields, loading, error } = useFields(datasource);
  const query = complete(saved);
  const kind = kinds[query.kind];

  const run = (next: TcpQuery) => {
    onChange(next);
    if (isRunnable(next)) {
      onRunQuery();
    }
  };
  // Looking at another kind and coming back loses nothing.
  const earlier = useRef<Partial<Record<QueryKind, Choices>>>({});
  const show = (next: QueryKind) => {
    earlier.current[query.kind] = choicesOf(query);
    run({ ...changeKind(query, next), ...earlier.current[next] });
  };
  const set = (change: Partial<TcpQuery>) => run({ ...query, ...change });
  const names = orderFields(kind, query.metrics, query.groupBy, fields);
  const grouped = (kind.kind !== 'timeseries' && kind.kind !== 'closes') || query.groupBy.length > 0;
  const columns = kind.metrics === 'columns';
  const choices = columns ? columnsOf : kind.metrics === 'feed' ? feedMetricsOf : metricsOf;
  const overTime = kind.kind === 'timeseries' || kind.kind === 'feedseries';
  const groupPlaceholder =
    kind.kind === 'conversations'
      ? 'Application and zones'
      : kind.metrics === 'feed'
        ? 'Each capture'
        : 'Everything together';
  const groupLabel = kind.kind === 'conversations' ? 'Also show' : 'Group by';
  const inAlert = app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;

  return (
    <div className={styles.editor} data-testid="tcp-query-editor">
      <EditorRows>
        <EditorRow>
          <div className={styles.kind}>
            <EditorField label="Show">
              <Combobox
                id={`${prefix}kind`}
                options={kindOptions}
                value={query.kind}
                onChange={({ value }) => show(value)}
              />
            </EditorField>
          </div>
          {kind.metrics !== 'none' && (
            <div className={styles.wide}>
              <EditorField label={columns ? 'Columns' : 'Metrics'}>
                <FieldSelect
                  id={`${prefix}metrics`}
                  label={columns ? 'Columns' : 'Metrics'}
                  fields={choices(fields)}
                  loading={loading}
                  value={query.metrics}
                  placeholder={columns ? 'The usual columns' : 'Choose what to count'}
                  onChange={(metrics) => run(changeNames(query, { metrics }))}
                />
              </EditorField>
            </div>
          )}
          {kind.groupBy && (
            <div className={styles.group}>
              <EditorField label={groupLabel}>
                <FieldSelect
                  id={`${prefix}group`}
                  label={groupLabel}
                  fields={groupsOf(kind, fields)}
                  loading={loading}
                  value={query.groupBy}
                  placeholder={groupPlaceholder}
                  onChange={(groupBy) => run(changeNames(query, { groupBy }))}
                />
              </EditorField>
            </div>
          )}
          {kind.kind === 'values' && (
            <ValuesFields prefix={prefix} fields={fields} query={query} onChange={(change) => set(change)} />
          )}
        </EditorRow>

        {kind.filter !== null && (
          <EditorRow>
            <div className={styles.wide}>
              <EditorField label="Filter">
                <FilterField
                  id={`${prefix}filter`}
                  datasource={datasource}
                  rows={kind.filter}
                  value={query.filter}
                  onChange={(filter) => onChange({ ...query, filter })}
                  onCommit={() => isRunnable(query) && onRunQuery()}
                  onReplace={(filter) => set({ filter })}
                />
              </EditorField>
            </div>
          </EditorRow>
        )}

        {(kind.scope || kind.limit || kind.filter === 'windows' || query.adHoc.length > 0) && (
          <EditorRow>
            {kind.scope && (
              <EditorField label="Filter applies to" tooltip={scopeHelp}>
                <ScopeField value={query.scope} onChange={(scope) => set({ scope })} />
              </EditorField>
            )}
            {kind.filter === 'windows' && (
              <EditorField label="Leave out" tooltip={leaveOutHelp}>
                <LeaveOutField
                  id={`${prefix}leave-out`}
                  value={query.leaveOut ?? []}
                  onChange={(leaveOut) => set({ leaveOut: leaveOut.length > 0 ? leaveOut : undefined })}
                />
              </EditorField>
            )}
            {kind.order && grouped && (
              <EditorField label="Order by" tooltip="Comes first, and stays when there are more rows than the limit">
                <OrderField
                  id={`${prefix}order`}
                  names={names}
                  byDefault={kind.kind === 'connections' ? 'Latest' : 'First metric'}
                  value={query.orderBy}
                  onChange={(orderBy) => set({ orderBy })}
                />
              </EditorField>
            )}
            {kind.limit && grouped && (
              <EditorField
                label="Limit"
                tooltip={`Most ${overTime ? 'series' : 'rows'}; a number or a dashboard variable`}
              >
                <TextField
                  id={`${prefix}limit`}
                  width={10}
                  value={String(query.limit)}
                  onCommit={(text) => set({ limit: readLimit(text) })}
                />
              </EditorField>
            )}
            {overTime && (
              <EditorField label="Legend" tooltip="Name of the series; {{client.ip}} stands for the value of a group">
                <TextField
                  id={`${prefix}legend`}
                  width={24}
                  value={query.legend ?? ''}
                  placeholder="Metric and groups"
                  onCommit={(legend) => set({ legend: legend || undefined })}
                />
              </EditorField>
            )}
            {query.adHoc.length > 0 && (
              <EditorField label="Added by clicks">
                <AdHocChips filters={query.adHoc} onChange={(adHoc) => set({ adHoc })} />
              </EditorField>
            )}
          </EditorRow>
        )}
      </EditorRows>

      {inAlert && usesVariables(query) && (
        <Alert severity="warning" title="Alert rules have no dashboard variables" className={styles.note}>
          Grafana evaluates alert rules without a dashboard. Write the values themselves.
        </Alert>
      )}
      {error && (
        <Alert severity="warning" title="The list of fields could not be loaded" className={styles.note}>
          {error}
        </Alert>
      )}
    </div>
  );
}

/** A whole number, or the text as it is: a variable, or a mistake that the analyzer names. Nothing is the default. */
function readLimit(text: string): number | string | undefined {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed || undefined;
}

const getStyles = (theme: GrafanaTheme2) => ({
  editor: css({ width: '100%' }),
  kind: css({ width: theme.spacing(26) }),
  // The least widths decide when a row breaks. A flex basis or a share instead would make Chromium reserve the height of a broken row.
  wide: css({ flex: '4 1 0', minWidth: theme.spacing(44) }),
  group: css({ flex: '2 1 0', minWidth: theme.spacing(28) }),
  note: css({ marginTop: theme.spacing(1), marginBottom: 0 }),
});
