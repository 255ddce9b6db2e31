import clsx from 'clsx'

const Skeleton = ({ className }: { readonly className?: string }) => (
  <div className={clsx('animate-pulse rounded-lg bg-subtle', className)} />
)

/** The outline of a page inside the organization shell, at the sizes the real one has. */
export const PageSkeleton = () => (
  <div aria-busy="true" aria-label="Loading">
    <Skeleton className="h-8 w-44" />
    <Skeleton className="mt-2 h-4 w-72 max-w-full" />
    <div className="mt-6 grid grid-cols-2 gap-4 lg:grid-cols-4">
      {[0, 1, 2, 3].map((index) => (
        <Skeleton key={index} className="h-24 rounded-xl" />
      ))}
    </div>
    <Skeleton className="mt-4 h-72 rounded-xl" />
  </div>
)
