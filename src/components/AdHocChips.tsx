import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { FilterPill, useStyles2 } from '@grafana/ui';
import type { AdHocFilter } from '../types';

interface Props {
  filters: AdHocFilter[];
  onChange: (filters: AdHocFilter[]) => void;
}

/** Conditions that were added by clicking on values; a click takes one away. */
export function AdHocChips({ filters, onChange }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.chips} role="group" aria-label="Added by clicks">
      {filters.map((filter, at) => (
        <FilterPill
          key={`${filter.key} ${filter.operator} ${filter.value}`}
          label={`${filter.key} ${filter.operator} ${filter.values?.join(', ') ?? filter.value}`}
          selected
          icon="times"
          onClick={() => onChange(filters.filter((_, i) => i !== at))}
        />
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  chips: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.5) }),
});
