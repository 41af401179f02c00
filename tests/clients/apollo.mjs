// Apollo Client: queries and mutations over HTTP with its normalised cache, which also puts the
// pages of a list together; subscriptions over graphql-ws.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { resuming } from "./resuming.mjs";
import { OBLIGATIONS, door, signedIn, story } from "./story.mjs";

const entrance = await door();
const sockets = resuming(
  createClient({
    url: `ws://${entrance.address}/graphql`,
    connectionParams: signedIn,
    webSocketImpl: WebSocket,
    retryWait: () => new Promise(setImmediate),
  }),
);
const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets),
    new HttpLink({ uri: `http://${entrance.address}/graphql`, headers: signedIn }),
  ),
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { obligations: relayStylePagination() } } },
  }),
});

await story(entrance, {
  async ask(document, variables) {
    const parsed = gql(document);
    const { data, error } = document.trim().startsWith("mutation")
      ? await client.mutate({ mutation: parsed, variables })
      : await client.query({ query: parsed, variables });
    if (error) throw error;
    return data;
  },
  async pages() {
    const first = { query: gql(OBLIGATIONS), variables: { first: 5 } };
    let { data } = await client.query(first);
    const list = client.watchQuery(first);
    const watching = list.subscribe(() => {});
    while (data.obligations.pageInfo.hasNextPage) {
      const after = data.obligations.pageInfo.endCursor;
      ({ data } = await list.fetchMore({ variables: { after } }));
    }
    watching.unsubscribe();
    const { edges, totalCount } = client.readQuery(first).obligations;
    return { ids: edges.map(({ node }) => node.id), total: totalCount };
  },
  follow(document, hear) {
    const following = client.subscribe({ query: gql(document) }).subscribe(({ data, error }) => {
      hear({ data, errors: error });
    });
    return () => following.unsubscribe();
  },
  async end() {
    client.stop();
    await sockets.dispose();
  },
});
