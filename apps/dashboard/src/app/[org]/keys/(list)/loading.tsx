export { PageSkeleton as default } from '../../../../ui/skeleton.tsx'
