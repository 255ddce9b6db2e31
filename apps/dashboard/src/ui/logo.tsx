/** Two equal bars: what the provider charges, what you pay. */
export const LogoMark = ({ className = 'size-6' }: { readonly className?: string }) => (
  <svg viewBox="0 0 24 24" className={className} aria-hidden>
    <rect width="24" height="24" rx="6.5" fill="var(--ink)" />
    <rect x="6" y="7.75" width="12" height="2.75" rx="1.375" fill="var(--bg)" />
    <rect x="6" y="13.5" width="12" height="2.75" rx="1.375" fill="light-dark(#4cd6a0, #0b6b4d)" />
  </svg>
)

export const Logo = () => (
  <span className="inline-flex items-center gap-2">
    <LogoMark />
    <span className="text-[15px] font-semibold tracking-tight">Atpar</span>
  </span>
)
