import React from 'react';
import { MultiCombobox, type ComboboxOption } from '@grafana/ui';

interface Props<T extends string> {
  id: string;
  /** Name for assistive technology: Grafana 12 gives the input no id, so that the field's own label does not reach it. */
  label: string;
  options: Array<ComboboxOption<T>>;
  value: T[];
  placeholder: string;
  loading?: boolean;
  /** Values that are not among the options can be typed. */
  createCustomValue?: boolean;
  onChange: (values: T[]) => void;
}

/** A choice of several values that has its name in every Grafana. It grows with what is chosen. */
export function NamedMultiCombobox<T extends string>({ label, onChange, ...rest }: Props<T>) {
  const name = `${rest.id}-name`;
  return (
    <>
      <span id={name} hidden>
        {label}
      </span>
      <MultiCombobox<T>
        {...rest}
        aria-labelledby={name}
        isClearable
        width="auto"
        minWidth={24}
        onChange={(chosen) => onChange(chosen.map((option) => option.value))}
      />
    </>
  );
}
