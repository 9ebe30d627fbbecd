SELECT id, label AS "Label", [x y] FROM entries WHERE month = :month AND id IN (:ids) -- words
 LIMIT :n OFFSET :m