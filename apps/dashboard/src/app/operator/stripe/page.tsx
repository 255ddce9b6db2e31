export const metadata = { title: 'Stripe events' }

export { StripeEventsPage as default } from '../../../features/stripe-events/page.tsx'
