import clsx from 'clsx'
import Link from 'next/link'
import type { ComponentProps } from 'react'

export type ButtonTone = 'primary' | 'secondary' | 'quiet' | 'danger'
export type ButtonSize = 'small' | 'medium'

const TONES: Record<ButtonTone, string> = {
  primary: 'bg-ink text-bg hover:opacity-90',
  secondary: 'border border-line-strong bg-surface text-ink hover:bg-subtle',
  quiet: 'text-muted hover:bg-subtle hover:text-ink',
  danger: 'bg-danger-strong text-white hover:opacity-90',
}
const SIZES: Record<ButtonSize, string> = {
  small: 'h-8 px-3 text-[13px]',
  medium: 'h-10 px-4 text-sm',
}

/** Shared by buttons and by links that look like one. */
export const buttonClass = (tone: ButtonTone = 'primary', size: ButtonSize = 'medium', extra?: string) =>
  clsx(
    'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-[opacity,background-color] disabled:cursor-not-allowed disabled:opacity-55 [&_svg]:size-4',
    TONES[tone],
    SIZES[size],
    extra,
  )

type ButtonProps = ComponentProps<'button'> & { readonly tone?: ButtonTone; readonly size?: ButtonSize }

export const Button = ({ tone, size, className, type = 'button', ...rest }: ButtonProps) => (
  <button type={type} className={buttonClass(tone, size, className)} {...rest} />
)

type LinkButtonProps = ComponentProps<typeof Link> & { readonly tone?: ButtonTone; readonly size?: ButtonSize }

export const LinkButton = ({ tone, size, className, ...rest }: LinkButtonProps) => (
  <Link className={buttonClass(tone, size, className)} {...rest} />
)
