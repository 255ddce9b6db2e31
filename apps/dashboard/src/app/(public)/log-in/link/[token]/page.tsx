export const metadata = { title: 'Log in', referrer: 'no-referrer', robots: { index: false } }

export { UseMagicLinkPage as default } from '../../../../../features/sign-in/link-pages.tsx'
