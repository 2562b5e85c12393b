import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Combobox, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import type { OrderBy } from '../types';

interface Props {
  id: string;
  names: string[];
  value: OrderBy | undefined;
  /** What orders the rows when nothing is chosen. */
  byDefault: string;
  onChange: (order: OrderBy | undefined) => void;
}

const directions = [
  { label: 'Highest', value: 'desc' as const, description: 'Highest value, or latest time, first' },
  { label: 'Lowest', value: 'asc' as const, description: 'Lowest value, or earliest time, first' },
];

/** Which rows come first, and so which ones a limit keeps. */
export function OrderField({ id, names, value, byDefault, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const options = [...new Set(value ? [value.field, ...names] : names)].map((name) => ({ value: name, label: name }));
  const direction = value?.direction ?? 'desc';
  return (
    <div className={styles.row}>
      <Combobox
        id={id}
        options={options}
        value={value?.field ?? null}
        placeholder={byDefault}
        isClearable
        width={24}
        onChange={(option) => onChange(option ? { field: option.value, direction } : undefined)}
      />
      <RadioButtonGroup
        aria-label="Order"
        options={directions}
        value={direction}
        disabled={value === undefined}
        onChange={(next) => value && onChange({ ...value, direction: next })}
      />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
});
