export const metadata = { title: 'Log in by mail' }

export { RequestMagicLinkPage as default } from '../../../../features/sign-in/request-link-pages.tsx'
