/** The first letter of a name, where a row is a person. */
export const Avatar = ({ name }: { readonly name: string }) => (
  <span
    aria-hidden
    className="flex size-8 shrink-0 items-center justify-center rounded-full bg-subtle text-[13px] font-semibold text-muted"
  >
    {(name.trim()[0] ?? '·').toUpperCase()}
  </span>
)
