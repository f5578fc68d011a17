"""Why a service does not do what it should: the catalogue, its pages, and how evidence leads to one of them."""
