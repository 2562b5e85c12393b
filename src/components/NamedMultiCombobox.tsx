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
  /** Grows with what is chosen; else it takes the width there is, and shows as many of what is chosen as fit in. */
  grows?: boolean;
  onChange: (values: T[]) => void;
}

/** A choice of several values that has its name in every Grafana. */
export function NamedMultiCombobox<T extends string>({ label, grows = false, onChange, ...rest }: Props<T>) {
  const name = `${rest.id}-name`;
  const shared = {
    ...rest,
    'aria-labelledby': name,
    isClearable: true as const,
    onChange: (chosen: Array<ComboboxOption<T>>) => onChange(chosen.map((option) => option.value)),
  };
  return (
    <>
      <span id={name} hidden>
        {label}
      </span>
      {grows ? <MultiCombobox<T> {...shared} width="auto" minWidth={24} /> : <MultiCombobox<T> {...shared} />}
    </>
  );
}
