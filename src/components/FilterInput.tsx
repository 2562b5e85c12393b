import React, { type KeyboardEvent } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { TextArea, useStyles2 } from '@grafana/ui';

export interface FilterInputProps {
  id: string;
  value: string;
  onChange: (value: string) => void;
  /** The user is done: Enter, or leaving the field. */
  onCommit: () => void;
  invalid: boolean;
  /** Id of the element that says what is wrong. */
  describedBy: string;
}

/**
 * Where the filter is typed, and nothing else: the one component that a code editor with completion replaces. Enter runs
 * the query, Shift+Enter starts a new line.
 */
export function FilterInput({ id, value, onChange, onCommit, invalid, describedBy }: FilterInputProps) {
  const styles = useStyles2(getStyles);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      onCommit();
    }
  };
  return (
    <TextArea
      id={id}
      className={styles.input}
      rows={value.split('\n').length}
      value={value}
      placeholder="Everything. For example: rst.count > 0 and fin.count = 0"
      spellCheck={false}
      autoComplete="off"
      invalid={invalid}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      onBlur={onCommit}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  input: css({
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: theme.spacing(2.5),
    minHeight: theme.spacing(theme.components.height.md),
    padding: theme.spacing(0.625, 1),
    resize: 'none',
  }),
});
