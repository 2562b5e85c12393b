import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Dropdown, Menu, useStyles2 } from '@grafana/ui';
import type { TcpDataSource } from '../datasource';
import { cannedFiltersFor } from '../query/cannedFilters';
import { FilterInput } from './FilterInput';
import { FilterVerdict } from './FilterVerdict';
import { useFilterCheck } from './useFilterCheck';

export interface FilterFieldProps {
  id: string;
  datasource: TcpDataSource;
  rows: 'windows' | 'connections';
  value: string;
  onChange: (value: string) => void;
  onCommit: () => void;
  /** A whole new filter, to be run at once. */
  onReplace: (value: string) => void;
}

/** The filter with what the analyzer says of it, and filters to start from. */
export function FilterField({ id, datasource, rows, value, onChange, onCommit, onReplace }: FilterFieldProps) {
  const styles = useStyles2(getStyles);
  const check = useFilterCheck(datasource, value, rows);
  const examples = (
    <Menu>
      {cannedFiltersFor(rows).map(({ label, filter, description }) => (
        <Menu.Item
          key={filter}
          label={label}
          description={`${description}: ${filter}`}
          onClick={() => onReplace(filter)}
        />
      ))}
    </Menu>
  );
  return (
    <div className={styles.field}>
      <div className={styles.row}>
        <FilterInput
          id={id}
          value={value}
          onChange={onChange}
          onCommit={onCommit}
          invalid={check?.answer?.ok === false}
          describedBy={`${id}-verdict`}
        />
        <Dropdown overlay={examples} placement="bottom-end">
          <Button variant="secondary" icon="angle-down" iconPlacement="right">
            Examples
          </Button>
        </Dropdown>
      </div>
      <FilterVerdict id={`${id}-verdict`} filter={value} check={check} onReplace={onReplace} />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  field: css({ width: '100%' }),
  row: css({ display: 'flex', alignItems: 'flex-start', gap: theme.spacing(1) }),
});
