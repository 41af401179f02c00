/**
 * A client of graphql-ws or graphql-sse whose subscriptions go on from where they were: after a
 * break it subscribes again with the last `cursor` it heard as the variable `after`.
 */
export function resuming(client) {
  return {
    ...client,
    subscribe(request, sink) {
      let { after } = request.variables ?? {};
      // Read at each attempt.
      const variables = { ...request.variables, get after() { return after; } };
      const next = (result) => {
        for (const event of Object.values(result.data ?? {})) after = event?.cursor ?? after;
        sink.next(result);
      };
      return client.subscribe({ ...request, variables }, { ...sink, next });
    },
  };
}
