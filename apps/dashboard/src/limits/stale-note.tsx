/** Said wherever live figures are expected and Redis cannot give them. */
export const StaleNote = ({ isLive }: { readonly isLive: boolean }) =>
  isLive ? null : (
    <p className="border-b px-5 py-2 text-[13px] text-muted">
      Live counters are not available: these figures are from the records, some seconds behind, without what is held.
    </p>
  )
