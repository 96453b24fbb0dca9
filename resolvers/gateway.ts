import type { FieldContext } from 'weft';

export const Query = {
  dashboard: (_query: unknown, { userId }: { readonly userId: string }) => ({ userId, user: { id: userId } }),
};

export const Dashboard = {
  recommendations: async (_dashboard: unknown, { first }: { readonly first: number }, context: FieldContext) => {
    const top = 'query ($first: Int) { topProducts(first: $first) { id } }';
    const { topProducts } = await context.query('products', top, { first });
    return topProducts;
  },
};
