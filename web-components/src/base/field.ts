/** A labelled text field of a `Form`, with its hint or, in the same place, its fault. */
import '@awesome.me/webawesome/dist/components/input/input.js';
import type WaInput from '@awesome.me/webawesome/dist/components/input/input.js';
import { css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Form } from './form.ts';

export interface FieldOptions {
  label: string;
  hint?: string;
  type?: 'text' | 'email' | 'password' | 'number';
  autocomplete?: string;
  placeholder?: string;
  maxlength?: number;
  autofocus?: boolean;
}

export const fieldStyles = css`
  .fault {
    color: var(--zlh-bad);
    font-weight: 550;
  }
  wa-input:has(.fault)::part(input-wrapper) {
    border-color: var(--zlh-bad);
  }
  wa-input {
    font-size: 14px;
  }
`;

export function field<V extends Record<string, string>>(
  form: Form<V>,
  name: keyof V & string,
  options: FieldOptions,
): TemplateResult {
  const {
    label,
    hint,
    type = 'text',
    autocomplete = 'off',
    placeholder,
    maxlength,
    autofocus = false,
  } = options;
  const fault = form.faults[name];
  return html`<wa-input
    name=${name}
    label=${label}
    type=${type}
    autocomplete=${autocomplete}
    placeholder=${placeholder ?? nothing}
    maxlength=${maxlength ?? nothing}
    ?autofocus=${autofocus}
    ?password-toggle=${type === 'password'}
    .value=${form.values[name] ?? ''}
    @input=${(event: Event) => form.set(name, (event.target as WaInput).value ?? '')}
    @blur=${() => form.values[name] !== '' && form.leave(name)}
    >${faultOrHint(fault, hint)}</wa-input
  >`;
}

/** What stands below a field: what is wrong, else what helps. */
export function faultOrHint(fault: string | undefined, hint: string | undefined): unknown {
  if (fault) return html`<span slot="hint" class="fault" role="alert">${fault}</span>`;
  return hint ? html`<span slot="hint">${hint}</span>` : nothing;
}

/** Puts the cursor where the fault is. */
export function focusField(root: ParentNode, name: string): void {
  root.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();
}
