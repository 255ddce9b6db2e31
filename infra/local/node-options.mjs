/**
 * How Node runs what carries the traffic. With its own program of 40 MB on large pages, which the processor finds its way through with far fewer
 * look-ups (measured: a tenth less CPU a request); where a system has no large pages nothing changes. And without handing a context from each
 * callback to the next, which only AsyncLocalStorage needs and nothing here uses (measured: 3 % less).
 */
export const TRAFFIC_NODE_OPTIONS = ['--use-largepages=silent', '--no-async-context-frame']
