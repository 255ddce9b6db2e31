import { LinkButton } from './button.tsx'
import { Logo } from './logo.tsx'

/** The same whether a thing never was or belongs to someone else. */
export const NotFoundPage = () => (
  <main id="content" className="flex flex-1 flex-col items-center justify-center gap-5 px-6 py-24 text-center">
    <Logo />
    <div>
      <h1 className="text-2xl font-semibold tracking-tight">Page not found</h1>
      <p className="mx-auto mt-2 max-w-sm leading-relaxed text-muted">
        It does not exist, or it belongs to an organization you are not a member of.
      </p>
    </div>
    <LinkButton href="/home" tone="secondary">
      Go to your organizations
    </LinkButton>
  </main>
)
