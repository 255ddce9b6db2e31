import clsx from 'clsx'
import { useId, type ComponentProps, type ReactNode } from 'react'

const CONTROL =
  'h-10 w-full rounded-lg border bg-surface px-3 text-sm text-ink placeholder:text-faint transition-colors focus:border-accent focus:outline-2 focus:-outline-offset-1 focus:outline-accent aria-invalid:border-danger disabled:opacity-60'

interface FieldFrame {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  /** Marks what may stay empty; everything else is needed. */
  readonly optional?: boolean
}

type InputFieldProps = FieldFrame & ComponentProps<'input'> & { readonly prefix?: string; readonly suffix?: string }

const describedBy = (id: string, frame: FieldFrame) =>
  clsx(frame.hint !== undefined && `${id}-hint`, frame.error !== undefined && `${id}-error`) || undefined

const Frame = ({
  id,
  label,
  hint,
  error,
  optional,
  children,
}: FieldFrame & { readonly id: string; readonly children: ReactNode }) => (
  <div className="flex flex-col gap-1.5">
    <label htmlFor={id} className="flex items-baseline justify-between text-[13px] font-medium">
      {label}
      {optional === true && <span className="font-normal text-faint">Optional</span>}
    </label>
    {children}
    {hint !== undefined && (
      <p id={`${id}-hint`} className="text-[13px] leading-snug text-muted">
        {hint}
      </p>
    )}
    {error !== undefined && (
      <p id={`${id}-error`} role="alert" className="text-[13px] leading-snug text-danger">
        {error}
      </p>
    )}
  </div>
)

export const InputField = ({
  label,
  hint,
  error,
  optional = false,
  prefix,
  suffix,
  className,
  ...rest
}: InputFieldProps) => {
  const id = useId()
  const frame = { label, hint, error, optional }
  return (
    <Frame id={id} {...frame}>
      <div className="relative">
        {prefix !== undefined && (
          <span className="pointer-events-none absolute inset-y-0 left-3 flex items-center text-sm text-faint">
            {prefix}
          </span>
        )}
        <input
          id={id}
          aria-invalid={error !== undefined}
          aria-describedby={describedBy(id, frame)}
          className={clsx(
            CONTROL,
            error === undefined ? 'border-line-strong' : 'border-danger',
            prefix !== undefined && 'pl-7',
            suffix !== undefined && 'pr-16',
            className,
          )}
          {...rest}
        />
        {suffix !== undefined && (
          <span className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-[13px] text-faint">
            {suffix}
          </span>
        )}
      </div>
    </Frame>
  )
}

type SelectFieldProps = FieldFrame & ComponentProps<'select'>

export const SelectField = ({
  label,
  hint,
  error,
  optional = false,
  className,
  children,
  ...rest
}: SelectFieldProps) => {
  const id = useId()
  const frame = { label, hint, error, optional }
  return (
    <Frame id={id} {...frame}>
      <select
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={describedBy(id, frame)}
        className={clsx(CONTROL, 'border-line-strong', className)}
        {...rest}
      >
        {children}
      </select>
    </Frame>
  )
}

type TextAreaFieldProps = FieldFrame & ComponentProps<'textarea'>

export const TextAreaField = ({ label, hint, error, optional = false, className, ...rest }: TextAreaFieldProps) => {
  const id = useId()
  const frame = { label, hint, error, optional }
  return (
    <Frame id={id} {...frame}>
      <textarea
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={describedBy(id, frame)}
        className={clsx(
          CONTROL,
          'h-auto py-2.5 leading-relaxed',
          error === undefined ? 'border-line-strong' : 'border-danger',
          className,
        )}
        {...rest}
      />
    </Frame>
  )
}
