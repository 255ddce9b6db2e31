import { Banner } from './banner.tsx'

/** What went wrong with a form as a whole, announced at once; nothing while nothing did. */
export const Problem = ({ message }: { readonly message: string | undefined }) =>
  message === undefined ? null : (
    <Banner tone="danger" isAlert>
      {message}
    </Banner>
  )
