// Charts that are marks on axes of their own.
Object.assign(kinds, { scree: marks, biplot: marks });
