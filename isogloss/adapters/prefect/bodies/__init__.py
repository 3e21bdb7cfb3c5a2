"""What requests may say: a pydantic model for each body and filter of the contract, by noun.

The models bear the names that the published contract gives them: some of these names, and the order of a
union's members, show in the vendor's error lists. Bounds that the engines need and the vendor lacks are in
``common``.
"""
