'use client'

export { ErrorPage as default } from '../ui/error-page.tsx'
