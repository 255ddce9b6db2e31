import Link from 'next/link'
import { readOrganizations, requireUser } from '../../auth/guard.ts'
import { Footer } from '../../ui/footer.tsx'
import { Logo } from '../../ui/logo.tsx'
import { NewOrganizationForm } from './new-organization-form.tsx'

export const NewOrganizationPage = async () => {
  const session = await requireUser()
  const organizations = await readOrganizations(session.userId)
  return (
    <>
      <main id="content" className="flex flex-1 items-center justify-center px-5 py-14">
        <div className="w-full max-w-sm">
          <Logo />
          <h1 className="mt-8 text-2xl font-semibold tracking-tight">
            {organizations.length === 0 ? `Welcome, ${session.name}` : 'New organization'}
          </h1>
          <p className="mt-1.5 leading-relaxed text-muted">
            {organizations.length === 0
              ? 'One step before your first key.'
              : 'It starts with its own keys, budget and invoice.'}
          </p>
          <div className="mt-7">
            <NewOrganizationForm />
          </div>
          {organizations.length > 0 && (
            <p className="mt-6 text-sm text-muted">
              Or open{' '}
              {organizations.map((organization, index) => (
                <span key={organization.orgId}>
                  {index > 0 && ', '}
                  <Link
                    href={`/${organization.slug}`}
                    className="font-medium text-accent underline-offset-2 hover:underline"
                  >
                    {organization.name}
                  </Link>
                </span>
              ))}
            </p>
          )}
        </div>
      </main>
      <Footer />
    </>
  )
}
